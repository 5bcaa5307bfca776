import { channel } from 'node:diagnostics_channel';

/** News of one kind, from where it happens to whoever listens. Telling costs next to nothing while nobody does. */
export interface Topic<News> {
  readonly hasSubscribers: boolean;
  publish(news: News): void;
  subscribe(listener: (news: News) => void): void;
  unsubscribe(listener: (news: News) => void): boolean;
}

/** One of Node's diagnostics channels, with the type of what is told there. */
export function topic<News>(name: string): Topic<News> {
  return channel(`nova-action-log:${name}`) as unknown as Topic<News>;
}
