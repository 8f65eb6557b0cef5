/** The gateway of a replay as a process of its own: it ends with whoever started it, also where that one was killed. */
import { serve } from './serve.ts'

process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume()
process.exitCode = await serve({ configPath: process.argv[2] ?? '', logLevel: 'warn' }, process)
process.stdin.destroy()
