/** One process' metrics, as prom-client hands them on. */
export type MetricsOfProcess = readonly { readonly type: string }[];

/** A worker wants to know how all are. */
export interface WantsAll {
  readonly type: 'metrics:all';
  readonly question: number;
}

/** The process over the workers wants each one's share. */
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
