/** The simulated log and registry do what every log and registry must, so that what is shown with them holds with the others. */
import { changeLogConformance, type ChangeLogUnderTest } from '../cluster/change-log-conformance.js';
import { registryConformance, type RegistryUnderTest } from '../cluster/registry-conformance.js';
import { SimChangeLog, SimLogHost } from './sim/change-log.js';
import { SimNetwork } from './sim/network.js';
import { SimProcess } from './sim/process.js';
import { SimRegistry, SimRegistryHost } from './sim/registry.js';
import { pumped } from './sim/pump.js';

describe('the simulated twins', () => {
  changeLogConformance('the simulated log', async () => {
    const pump = pumped(1);
    const network = new SimNetwork(pump.scheduler);
    const host = new SimLogHost(new SimProcess('log', pump.scheduler, Date.now() - Date.UTC(2026, 0, 1)));
    const open = (): ChangeLogUnderTest => {
      const log = new SimChangeLog(network, new SimProcess('node', pump.scheduler), host);
      return {
        log,
        reopen: async () => {
          await log.close();
          return open();
        },
        dispose: async () => {
          await log.close();
          pump.stop();
        },
      };
    };
    return open();
  });

  registryConformance('the simulated registry', async () => {
    const pump = pumped(1);
    const network = new SimNetwork(pump.scheduler);
    const host = new SimRegistryHost(network);
    const open = (): RegistryUnderTest => {
      const registry = new SimRegistry(network, new SimProcess('node', pump.scheduler), host);
      return {
        registry,
        reopen: async () => {
          await registry.close();
          return open();
        },
        dispose: async () => {
          await registry.close();
          pump.stop();
        },
      };
    };
    return open();
  });
});
