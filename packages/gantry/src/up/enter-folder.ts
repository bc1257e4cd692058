import { existsSync } from 'node:fs';
import { dataFolder, prepareDataFolder, type DataFolder } from './data-folder.ts';
import { asUserError } from './failures.ts';
import { refuseOther } from './owner.ts';
import { readSecrets } from './secrets.ts';
import { readSettings } from './settings.ts';

/**
 * Makes the data folder, or sees to it that it can be used: all that can be told before anything of it is opened, and
 * before the services are loaded.
 *
 * @throws UserError with what is wrong with it; nothing was changed then
 */
export function enterFolder(path: string): DataFolder {
  const folder = dataFolder(path);
  try {
    prepareDataFolder(folder);
    refuseOther(folder);
    if (existsSync(folder.secrets)) readSecrets(folder.secrets);
    if (existsSync(folder.settings)) readSettings(folder.settings);
    return folder;
  } catch (error) {
    throw asUserError(error, folder.log);
  }
}
