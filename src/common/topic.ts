import { channel } from 'node:diagnostics_channel';

/** Events of one kind, from lower layers to higher ones. To publish costs next to nothing without a subscriber. */
export interface Topic<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
  subscribe(listener: (message: Message) => void): void;
  unsubscribe(listener: (message: Message) => void): boolean;
}

/** One of Node's diagnostics channels, with the type of its events. */
export function topic<Message>(name: string): Topic<Message> {
  return channel(`nova-action-log:${name}`) as unknown as Topic<Message>;
}
