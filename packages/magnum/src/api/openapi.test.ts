import { Validator } from '@seriousme/openapi-schema-validator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { apiInTest, type ApiInTest } from './testing/api-in-test.ts';
import { documentOf, routesInTest } from './testing/routes-in-test.ts';

let api: ApiInTest;
beforeEach(async () => {
  api = await apiInTest();
});
afterEach(() => api.close());

test('the document is served to everybody, under the address that the client used, and is OpenAPI 3.1', async () => {
  const answer = await api.app.inject({
    url: '/container-infra/openapi.json',
    headers: { host: 'cloud:9000' },
  });
  expect(answer.headers['content-type']).toBe('application/json');
  expect(answer.json()).toMatchObject({
    openapi: '3.1.1',
    servers: [{ url: 'http://cloud:9000/container-infra' }],
    paths: {
      '/v1/clusters': {
        post: {
          requestBody: {
            content: {
              'application/json': {
                schema: {
                  required: ['cluster_template_id'],
                  additionalProperties: false,
                  properties: { name: { anyOf: [{ maxLength: 242 }, { type: 'null' }] } },
                },
              },
            },
          },
        },
      },
    },
  });
  const { valid, errors } = await new Validator().validate(answer.json());
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test('every route says what it is for and what it answers; changes say what they take', () => {
  const wanting = routesInTest().filter(
    ({ summary = '', responses = {} }) => summary === '' || Object.keys(responses).length === 0,
  );
  expect(wanting.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  const bodiless = ['PATCH /certificates/:ident', 'PATCH /credentials/:ident'];
  const changes = routesInTest().filter(
    ({ method, request }) => (method === 'POST' || method === 'PATCH') && request === undefined,
  );
  const undescribed = changes.map(({ method, path }) => `${method} ${path}`);
  expect(undescribed.filter((route) => !bodiless.includes(route))).toEqual([]);
});

test('names of operations are unique, references lead somewhere, and what is shared is used', async () => {
  const document = await documentOf(api);
  const text = JSON.stringify(document);
  const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
  expect(ids.length).toBeGreaterThan(20);
  expect(new Set(ids).size).toBe(ids.length);
  const targets = new Set(
    [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)].map(([, a, b]) => `${a}/${b}`),
  );
  const { components } = document as { components: Record<string, object> };
  const there = Object.entries(components)
    .filter(([kind]) => kind !== 'securitySchemes')
    .flatMap(([kind, members]) => Object.keys(members).map((name) => `${kind}/${name}`));
  expect([...targets].toSorted()).toEqual(there.toSorted());
});
