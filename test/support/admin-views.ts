/** The admin API's answers as tests read them. */

export interface RunView {
  readonly id: string
  readonly root: string
  readonly person: string | null
  readonly state: string
  readonly calls: number
  readonly refused: number
  readonly open: number
  readonly depth_max: number
  readonly laps: number
  readonly taint: string
  readonly spent: { readonly tokens: number; readonly cost_micros: number }
  readonly shadow: readonly string[]
  readonly halt: { readonly code: string; readonly reason: string; readonly actor: string } | null
  readonly edges: readonly { readonly from: string; readonly to: string; readonly calls: number }[]
  readonly cycles: readonly {
    readonly from: string
    readonly to: string
    readonly depth: number
    readonly lap: number
  }[]
  readonly hops: readonly {
    readonly id: string
    readonly parent: string | null
    readonly depth: number
    readonly state: string
  }[]
}
