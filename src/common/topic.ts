import { channel } from 'node:diagnostics_channel';

/**
 * A channel on which a lower layer of the code, such as the database layer, sends messages to higher layers, such as
 * the metrics. Without a subscriber, publishing takes almost no time.
 */
export interface Topic<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
  subscribe(listener: (message: Message) => void): void;
  unsubscribe(listener: (message: Message) => void): boolean;
}

/** Returns the Node.js diagnostics channel `nova-action-log:<name>`, with the type of its messages. */
export function topic<Message>(name: string): Topic<Message> {
  return channel(`nova-action-log:${name}`) as unknown as Topic<Message>;
}
