/** What the declarations of commands share. */
import type { Command } from 'commander'

export const defaultConfig = 'weir.yaml'

/** Takes the exit code of the command that runs. */
export type Settle = (running: Promise<number>) => Promise<void>

/** Examples come first in every help, because they are what is looked for. */
export function examples(command: Command, lines: readonly string[]): void {
  command.addHelpText('before', `Examples:\n${lines.map((line) => `  ${line}\n`).join('')}`)
}
