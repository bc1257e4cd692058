/** What tests and benches need to run the whole thing in processes of its own. */
export { findEngine, startEngine, type Engine } from './engine/engine.ts';
export { ensureImages } from './images/ensure-images.ts';
export { mmdebstrap } from './images/mmdebstrap.ts';
export { cloudSession } from './up/cloud-session.ts';
export { down as removeCloud } from './up/down.ts';
export { freePort } from './launch/free-port.ts';
export { swarmTemplate } from './launch/swarm-template.ts';
export { launchGantry, type Launched, type LaunchOptions } from './launch/launch-gantry.ts';
export {
  launchMagnum,
  type LaunchedMagnum,
  type MagnumLaunchOptions,
  type MagnumProcess,
} from './launch/launch-magnum.ts';
