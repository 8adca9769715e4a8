/** A client of a fake coordinator for the time of one test. */
import { connect, type ShoalClient } from '../../../client/sdk/connect.js';
import { startFakeCoordinator, type FakeCoordinator } from './fake-coordinator.js';

/** Calls `use` with a client of a fake coordinator. */
export async function withClient(use: (client: ShoalClient, fake: FakeCoordinator) => Promise<void>): Promise<void> {
  const fake = await startFakeCoordinator();
  const client = connect({ address: fake.address });
  try {
    await use(client, fake);
  } finally {
    await client.close();
    await fake.close();
  }
}
