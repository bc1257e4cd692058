import { coeSuite } from './clients/coe-suite.ts';

// As the release that the client is of.
coeSuite('bookworm', { OS_GANTRY__MAX_MICROVERSION: '1.10' });
