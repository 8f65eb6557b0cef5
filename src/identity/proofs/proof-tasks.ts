/** What the main thread asks of the proof pool. Plain values, because they cross a thread. */

/** Check one signature. */
export interface VerifyTask {
  readonly kind: 'verify'
  /** The compact JWS. */
  readonly raw: string
  /** The algorithm it must have been signed with. */
  readonly alg: string
  /** The public JWK as a canonical JSON text; equal keys have equal texts, so an imported key is found again. */
  readonly key: string
}

/** Sign `header.claims` with one of Weir's own keys. */
export interface SignTask {
  readonly kind: 'sign'
  /** The key; one that signs no more gives `false` and never the signature of another. */
  readonly kid: string
  readonly input: string
}

export type ProofTask = VerifyTask | SignTask

/** Whether the signature holds; for a SignTask the signature in base64url, or `false` where the key signs no more. */
export type ProofResult = boolean | string

/** Works off a batch, in order. Rejects only if the pool itself fails. */
export type RunProofs = (tasks: readonly ProofTask[]) => Promise<readonly ProofResult[]>

/** A batch on its way to another thread: one text costs the sender a third of what as many objects do. */
export function writeBatch(tasks: readonly ProofTask[]): string {
  return tasks
    .map((task) =>
      task.kind === 'sign' ? `sign\n${task.kid}\n${task.input}\n` : `verify\n${task.key}\n${task.raw}\n${task.alg}`,
    )
    .join('\n')
}

/** Every task is four lines; nothing in it holds a line break. */
export function readBatch(text: string): readonly ProofTask[] {
  const lines = text.split('\n')
  return Array.from({ length: lines.length / 4 }, (_, n): ProofTask => {
    const [kind, key = '', input = '', alg = ''] = lines.slice(n * 4, n * 4 + 4)
    return kind === 'sign' ? { kind, kid: key, input } : { kind: 'verify', key, raw: input, alg }
  })
}
