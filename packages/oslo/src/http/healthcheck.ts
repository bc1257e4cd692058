import { existsSync } from 'node:fs';
import { boolean, text } from '../config/option.ts';

/** Group `[healthcheck]`: what is looked at of oslo.middleware's options of that name. */
export const healthcheckOptions = {
  path: text({ default: '/healthcheck' }),
  detailed: boolean({ default: false }),
  disable_by_file_path: text({
    help: 'while this file exists, the answer is 503, so that a balancer looks elsewhere',
  }),
} as const;

export interface HealthcheckSettings {
  readonly path: string;
  readonly detailed: boolean;
  readonly disable_by_file_path: string | undefined;
}

export interface HealthcheckAnswer {
  readonly status: 200 | 204 | 503;
  readonly contentType: string;
  readonly body: string | undefined;
}

/** Answers a load balancer. @param accept JSON is answered to who prefers it, else text */
export function healthcheck(
  settings: HealthcheckSettings,
  method: string,
  accept: string | undefined,
): HealthcheckAnswer {
  const file = settings.disable_by_file_path;
  const reason = file !== undefined && existsSync(file) ? 'DISABLED BY FILE' : 'OK';
  const healthy = reason === 'OK';
  const contentType = accept?.includes('application/json') === true ? 'application/json' : 'text/plain';
  if (method === 'HEAD') return { status: healthy ? 204 : 503, contentType, body: undefined };
  const inJson = JSON.stringify({ detailed: settings.detailed, reasons: [reason] });
  return { status: healthy ? 200 : 503, contentType, body: contentType === 'text/plain' ? reason : inJson };
}
