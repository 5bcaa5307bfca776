/** The metrics of one process, as prom-client exports them. */
export type MetricsOfProcess = readonly { readonly type: string }[];

/** A worker asks its parent for the metrics of all workers. */
export interface WantsAll {
  readonly type: 'metrics:all';
  readonly question: number;
}

/** The parent asks each worker for its share. */
export interface WantsShare {
  readonly type: 'metrics:share';
  readonly round: number;
}

export interface Share {
  readonly type: 'metrics:is-share';
  readonly round: number;
  readonly metrics: MetricsOfProcess;
}

export interface All {
  readonly type: 'metrics:is-all';
  readonly question: number;
  readonly text: string;
}

type Message = WantsAll | WantsShare | Share | All;

/** Whether something that another process sent is about metrics, and of this type. */
export function isMessage<Type extends Message['type']>(
  message: unknown,
  type: Type,
): message is Extract<Message, { type: Type }> {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === type;
}
