/** What `weir connect` does to the machine: reads and writes files of clients, and watches the ledger for a first call. */
import { constants, copyFileSync, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from './base/clock.ts'
import type { ConnectTools, FirstCall } from './cli/connect/deps.ts'
import { type CliProblem, problem } from './cli/exit-codes.ts'
import { isLoaded, loadConfig } from './config/load.ts'
import { firstProblem } from './config/problems.ts'
import type { Settings } from './config/settings.ts'
import { isAgentId } from './domain/ids.ts'
import type { CallRecord } from './domain/record.ts'
import { readLedger } from './ledger/read.ts'
import { placeOfVault } from './gateway-vault.ts'
import { openVaultReader } from './ledger/vault/names.ts'

/** Longer files belong to no client. */
const file_bytes_max = 4_194_304
const poll_ms = 250
/** A file system stamps files by a coarser clock than ours; an entry says its own time. */
const file_slack_ms = 10_000
/** Of one file; the last of them is written anew. */
const backups_max = 20

export const world: ConnectTools['world'] = async (configPath) => {
  const settings = await read(configPath)
  if ('exit' in settings) return settings
  const url = settings.gateway.public_url
  return url === null
    ? problem('usage', `${configPath} has port 0 and no gateway.public_url; a client needs an address.`)
    : { url, home: homedir() }
}

export const readFile: ConnectTools['read'] = (path) => {
  try {
    if (!existsSync(path)) return Promise.resolve('')
    if (statSync(path).size > file_bytes_max) return Promise.resolve(problem('no', `${path} is larger than 4 MiB.`))
    return Promise.resolve(readFileSync(path, 'utf8'))
  } catch (error) {
    return Promise.resolve(problem('failed', `${path} cannot be read: ${String(error)}`))
  }
}

/** Renamed into place, so that nobody ever sees half of it; a mode, or a link to somewhere else, that was there stays. */
export const writeFile: ConnectTools['write'] = (asked, text) => {
  let path = asked
  try {
    mkdirSync(dirname(path), { recursive: true })
    const known = statSync(path, { throwIfNoEntry: false })
    if (known) path = realpathSync(path)
    const backup = known ? keep(path) : null
    const fresh = `${path}.weir-new`
    writeFileSync(fresh, text, { mode: known ? known.mode & 0o777 : 0o600 })
    renameSync(fresh, path)
    return Promise.resolve({ backup })
  } catch (error) {
    return Promise.resolve(problem('failed', `${path} cannot be written: ${String(error)}`))
  }
}

/** Copies it beside itself. Earlier copies stay: the first of them is the file as it was before all this. */
function keep(path: string): string {
  for (let count = 1; ; count += 1) {
    const backup = `${path}.before-weir${count === 1 ? '' : `-${count}`}`
    if (existsSync(backup) && count < backups_max) continue
    copyFileSync(path, backup, count < backups_max ? constants.COPYFILE_EXCL : 0)
    return backup
  }
}

/** Looks into the newest files of the ledger until the call is there. */
export const firstCall: ConnectTools['firstCall'] = async ({ configPath, agent, since, timeout_ms }) => {
  const settings = await read(configPath)
  if ('exit' in settings) return settings
  const wanted = agent === null || agent.includes(':') ? agent : `agent:${agent}`
  if (wanted !== null && (!isAgentId(wanted) || !settings.agents.has(wanted)))
    return problem('not_found', `${agent} is not an agent in ${configPath}.`)
  const dir = join(settings.state.dir, 'ledger')
  const names = openVaultReader(placeOfVault(settings))
  if (typeof names === 'string') return problem('failed', names)
  const until = systemClock.monotonic() + timeout_ms
  let stranger: CallRecord | null = null
  while (systemClock.monotonic() < until) {
    for await (const item of readLedger(dir, since - file_slack_ms, names)) {
      if (item.kind !== 'entry' || item.entry.kind !== 'call' || item.entry.ts < since) continue
      if (wanted === null || item.entry.agent === wanted) return seen(item.entry)
      if (item.entry.agent === null) stranger = item.entry
    }
    await pause(poll_ms)
  }
  return stranger && seen(stranger)
}

function seen(call: CallRecord): FirstCall {
  const { rid: hop, agent, human: person, target, cred_type: credential, run, run_origin: origin, code, detail } = call
  return { hop, agent, person, target, credential, run, origin, code, detail }
}

async function read(configPath: string): Promise<Settings | CliProblem> {
  const loaded = await loadConfig(configPath)
  return isLoaded(loaded) ? loaded.settings : problem('no', firstProblem(loaded, configPath))
}
