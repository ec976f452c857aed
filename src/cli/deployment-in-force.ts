import { isFirstStart } from '../server/change-control.ts';
import type { GatewaySettings } from '../server/gateway-settings.ts';
import { loadConfiguration, type Configuration } from '../server/load-configuration.ts';
import { StorageError } from '../storage/storage-error.ts';
import { StoreUnavailableError } from '../storage/store-unavailable.ts';
import { withChangeRoom } from './change-room.ts';

export interface InForce {
  readonly configuration: Configuration;
  /** Why files were read though the gateway goes by its change store; undefined where that was read, or there is none. */
  readonly problem: string | undefined;
}

/**
 * Departments, trust list and roles as the gateway goes by them: what the change store has, and files where nothing was
 * kept yet, or where the store does not answer.
 *
 * @throws ConfigurationError
 */
export const readInForce = async (folder: string, settings: GatewaySettings): Promise<InForce> => {
  if (isFirstStart(settings)) return { configuration: loadConfiguration(folder, 1), problem: undefined };
  try {
    const configuration = await withChangeRoom(folder, ({ control }) => control.load(1));
    return { configuration, problem: undefined };
  } catch (error) {
    if (!(error instanceof StorageError || error instanceof StoreUnavailableError)) throw error;
    return { configuration: loadConfiguration(folder, 1), problem: error.message };
  }
};
