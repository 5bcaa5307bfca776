import { beforeAll, describe, expect, it } from '@jest/globals';
import { closeAfterAll } from '../support/close-after-all.js';
import { fillStore, storeKinds } from '../support/databases/stores.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { loadConversations, replayConversations } from './conversations.js';
import { printReport } from './replay.js';

/** The host name of the Nova that was recorded. */
const HOST_NAME = 'vm';

describe.each(storeKinds)('recorded conversations with a real Nova, on %s', (_kind, createStore) => {
  const conversations = loadConversations();
  const keep = closeAfterAll();
  let service: RunningService;

  beforeAll(async () => {
    const store = keep(await createStore());
    const instances = conversations
      .flatMap(({ servers }) => servers)
      .map((server) => ({ ...server, host: 'cmp1', deleted: 0 }));
    await fillStore(store.url, { instances });
    service = keep(await startService({ DATABASE_URL: store.url, HOST_NAME }));
  });

  it('the service returns the recorded answers of all 735 steps of the conversations', async () => {
    const report = await replayConversations(conversations, { baseUrl: service.url, tokens: personaTokens });
    printReport(report);
    expect(report.different).toEqual([]);
    expect(report.total).toBe(735);
  });
});
