import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { channelCredentials } from '../../../../client/sdk/call.js';
import { upload } from '../../../../client/sdk/upload.js';
import { DocumentsClient, type ImportRequest } from '../../../../proto/generated/shoal/v1/documents.js';
import { startFakeCoordinator } from '../fake-coordinator.js';
import { withClient } from '../with-client.js';

const message = (collection: string): ImportRequest => ({ collection, documents: [] });

describe('an upload', () => {
  it('gives the answer when everything was sent, and the error of the call where it failed', () =>
    withClient(async (client, { address }) => {
      await client.collections.create('notes');
      const documents = new DocumentsClient(address, channelCredentials);
      const target = { address, clock: systemClock, deadlineMs: 1_000 };
      try {
        const send = (name: string) =>
          upload(target, documents.import.bind(documents), async (write) => void (await write(message(name))));
        assert.equal((await send('notes')).sequence, 9n);
        await assert.rejects(send('nothing'), { code: 'NOT_FOUND' });
      } finally {
        documents.close();
      }
    }));

  it('is cancelled by an error of the sender, which is the error', async () => {
    const fake = await startFakeCoordinator();
    const documents = new DocumentsClient(fake.address, channelCredentials);
    try {
      const target = { address: fake.address, clock: systemClock, deadlineMs: 1_000 };
      const sending = upload(target, documents.import.bind(documents), () => Promise.reject(new Error('no more')));
      await assert.rejects(sending, { message: 'no more' });
    } finally {
      documents.close();
      await fake.close();
    }
  });
});
