/** Where an answer goes that nobody waits for. */
import type { Reply } from '../protocol/http.ts'

export const nobodyWaits: Reply = {
  send: () => undefined,
  begin: () => undefined,
  write: () => true,
  end: () => undefined,
  cut: () => undefined,
  onDrain: () => undefined,
  onGone: () => undefined,
  closed: false,
  buffered: 0,
}
