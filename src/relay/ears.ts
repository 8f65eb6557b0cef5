/** Ears that hear for another one. */
import type { Ear } from './driver.ts'

/** Hands everything on; what has to be heard otherwise is laid over it. */
export function hearFor(ear: Ear, otherwise: Partial<Ear>): Ear {
  return {
    onHead: (headers) => ear.onHead(headers),
    onMemo: (memo) => ear.onMemo(memo),
    onDetail: (detail) => ear.onDetail?.(detail),
    onUsage: (usage) => ear.onUsage?.(usage),
    onSaid: (said) => ear.onSaid(said),
    onQuiet: () => ear.onQuiet(),
    onEnd: () => ear.onEnd(),
    onError: (error) => ear.onError(error),
    onFault: (fault) => ear.onFault(fault),
    ...otherwise,
  }
}
