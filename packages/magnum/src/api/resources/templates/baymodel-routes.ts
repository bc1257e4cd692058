import { isIPv4 } from 'node:net';
import { generatedName } from '../../../clusters/generated-name.ts';
import { invalidField } from '../../../clusters/errors.ts';
import * as answers from '../../wire/answer-schemas.ts';
import type { Route } from '../../wire/route.ts';
import type { ApiServices } from '../services.ts';
import { templateFields } from './template-request.ts';
import { templateRoutes } from './template-routes.ts';
import { bodySchema, mandatoryText, readObject } from '../../wire/wire-fields.ts';

const { driver: _driver, project_id: _project, user_id: _user, ...shared } = templateFields;

const baymodelFields = { ...shared, keypair_id: mandatoryText({ min: 1, max: 255 }) } as const;

/** `/v1/baymodels`: what cluster templates were called before, with the fields of that time. */
export function baymodelRoutes(services: ApiServices): Route[] {
  return templateRoutes(services, {
    collection: 'baymodels',
    driver: false,
    policy: 'baymodel',
    argument: 'baymodel',
    words: { one: 'a bay model', many: 'bay models' },
    answer: answers.baymodel,
    request: bodySchema(baymodelFields),
    read(body) {
      const asked = readObject('baymodel', body, baymodelFields);
      const nameserver = asked.dns_nameserver;
      if (typeof nameserver === 'string' && !isIPv4(nameserver)) {
        throw invalidField('dns_nameserver', nameserver, 'Value should be IPv4 format');
      }
      return { ...asked, driver: undefined, project_id: undefined, user_id: undefined };
    },
    name: (random) => generatedName('model', random),
  });
}
