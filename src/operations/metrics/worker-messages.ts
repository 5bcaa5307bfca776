/** The metrics of one process in prom-client's JSON format. */
export type ProcessMetricsJson = readonly { readonly type: string }[];

/** The message with which a worker requests the totals of all workers from the parent process. */
export interface TotalsRequest {
  readonly type: 'metrics:totals-request';
  readonly requestId: number;
}

/** The message with which the parent process requests the metrics of a worker. */
export interface WorkerMetricsRequest {
  readonly type: 'metrics:worker-request';
  readonly round: number;
}

/** The message with the metrics of one worker, for the parent process. */
export interface WorkerMetricsReport {
  readonly type: 'metrics:worker';
  readonly round: number;
  readonly metrics: ProcessMetricsJson;
}

/** The message with the totals of all workers, for the worker that requested them. */
export interface TotalsReport {
  readonly type: 'metrics:totals';
  readonly requestId: number;
  readonly text: string;
}

type Message = TotalsRequest | WorkerMetricsRequest | WorkerMetricsReport | TotalsReport;

/** Returns true if a message from another process is a message about metrics with this type. */
export function isMessage<Type extends Message['type']>(
  message: unknown,
  type: Type,
): message is Extract<Message, { type: Type }> {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === type;
}
