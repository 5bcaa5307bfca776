/** The metrics of one process, as prom-client exports them. */
export type ProcessMetricsJson = readonly { readonly type: string }[];

/** A worker asks its parent for the metrics of all workers. */
export interface TotalsRequest {
  readonly type: 'metrics:totals-request';
  readonly requestId: number;
}

/** The parent asks each worker for its share. */
export interface WorkerMetricsRequest {
  readonly type: 'metrics:worker-request';
  readonly round: number;
}

export interface WorkerMetricsReport {
  readonly type: 'metrics:worker';
  readonly round: number;
  readonly metrics: ProcessMetricsJson;
}

export interface TotalsReport {
  readonly type: 'metrics:totals';
  readonly requestId: number;
  readonly text: string;
}

type Message = TotalsRequest | WorkerMetricsRequest | WorkerMetricsReport | TotalsReport;

/** Whether something that another process sent is about metrics, and of this type. */
export function isMessage<Type extends Message['type']>(
  message: unknown,
  type: Type,
): message is Extract<Message, { type: Type }> {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === type;
}
