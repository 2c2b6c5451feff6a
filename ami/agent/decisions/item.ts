/** The lock's item as the agent needs it (`lockItem` in `ami/contract.ts`). What is missing counts as zero or as nobody. */
export interface Item {
  readonly wakeCount: number;
  /** Absent while the lock is free. */
  readonly holder?: string;
  /** The `WakeCount` for which a full instance last asked for one more. */
  readonly asked?: number;
  /** How many jobs wait or run; demand strategy only. */
  readonly open: number;
}
