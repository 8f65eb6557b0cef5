/** A configuration file with one more entry, before it is written. */
export interface PlannedEntry {
  readonly configPath: string
  /** The file as it is. */
  readonly source: string
  /** The file as it would be. */
  readonly text: string
  readonly diff: string
}
