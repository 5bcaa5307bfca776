import { channel } from 'node:diagnostics_channel';

/** Events of one kind, from lower layers to higher ones. To publish costs next to nothing without a subscriber. */
export interface Topic<News> {
  readonly hasSubscribers: boolean;
  publish(news: News): void;
  subscribe(listener: (news: News) => void): void;
  unsubscribe(listener: (news: News) => void): boolean;
}

/** One of Node's diagnostics channels, with the type of its events. */
export function topic<News>(name: string): Topic<News> {
  return channel(`nova-action-log:${name}`) as unknown as Topic<News>;
}
