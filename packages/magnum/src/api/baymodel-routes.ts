import { isIPv4 } from 'node:net';
import { generatedName } from '../clusters/generated-name.ts';
import { invalidField } from '../clusters/errors.ts';
import type { ClusterTemplate } from '../store/rows.ts';
import * as answers from './answer-schemas.ts';
import { linksTo } from './links.ts';
import type { Route } from './route.ts';
import type { ApiServices } from './services.ts';
import { templateFields } from './template-request.ts';
import { templateRoutes } from './template-routes.ts';
import { templateView } from './template-view.ts';
import { bodySchema, mandatoryText, readObject } from './wire-fields.ts';

const { driver: _driver, project_id: _project, user_id: _user, ...shared } = templateFields;

const baymodelFields = { ...shared, keypair_id: mandatoryText({ min: 1, max: 255 }) } as const;

/** `/v1/baymodels`: what cluster templates were called before, with the fields of that time. */
export function baymodelRoutes(services: ApiServices): Route[] {
  return templateRoutes(services, {
    collection: 'baymodels',
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
    view: baymodelView,
    name: (random) => generatedName('model', random),
  });
}

function baymodelView(template: ClusterTemplate, base: string): object {
  const {
    project_id: _projectId,
    user_id: _userId,
    driver: _driverName,
    ...view
  } = templateView(template, base) as Record<string, unknown>;
  return { ...view, links: linksTo(base, `baymodels/${template.uuid}`) };
}
