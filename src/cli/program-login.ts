/** How `weir login` is called. */
import type { Command } from 'commander'
import type { LoginOptions } from './commands/login.ts'
import type { CliDeps } from './deps.ts'
import { examples, type Settle } from './program-parts.ts'

export function addLogin(program: Command, deps: CliDeps, settle: Settle): void {
  const command = program
    .command('login')
    .description('log in as a person, and get a token with which to call an agent for that person')
    .requiredOption('--issuer <url>', 'the OpenID provider')
    .requiredOption('--client-id <id>', 'the public client there; its redirect is http://127.0.0.1/callback')
    .option('--to <agent>', 'the agent to call; without it stdout gets the ID token alone')
    .option('--agent <agent>', 'the agent that is this client (identity.people.clients)')
    .option('--key <file>', 'its private key, one JWK')
    .option('--gateway <url>', 'gateway.public_url of the gateway', 'http://127.0.0.1:8080')
    .option('--out <file>', 'writes the token and the key it is bound to, for its owner alone')
    .option('--scope <scope>', 'what to ask the provider for', 'openid')
    .option('--max-age <seconds>', 'the person must have proved who they are within this time')
    .option('--timeout <seconds>', 'how long to wait for the person', '300')
    .option('--open', 'open the browser')
    .option('--json', 'one JSON object')
    .action(async (options: LoginOptions) => {
      const { login } = await import('./commands/login.ts')
      await settle(login(deps, options))
    })
  examples(command, [
    'weir login --issuer https://idp.example --client-id weir-cli --to writer --agent console --key console.jwk --out token.json',
  ])
}
