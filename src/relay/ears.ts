/** Ears that hear for another one. */
import type { Ear } from './driver.ts'

/** Hands everything on; what has to be heard otherwise is laid over it. */
export function hearFor(ear: Ear, otherwise: Partial<Ear>): Ear {
  return {
    onHead: otherwise.onHead ?? ((headers) => ear.onHead(headers)),
    onMemo: otherwise.onMemo ?? ((memo) => ear.onMemo(memo)),
    onDetail: otherwise.onDetail ?? ((detail) => ear.onDetail?.(detail)),
    onUsage: otherwise.onUsage ?? ((usage) => ear.onUsage?.(usage)),
    onSaid: otherwise.onSaid ?? ((said) => ear.onSaid(said)),
    onQuiet: otherwise.onQuiet ?? (() => ear.onQuiet()),
    onEnd: otherwise.onEnd ?? (() => ear.onEnd()),
    onError: otherwise.onError ?? ((error) => ear.onError(error)),
    onFault: otherwise.onFault ?? ((fault) => ear.onFault(fault)),
  }
}
