import { Type } from 'typebox';

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);
const uuid = Type.String({ format: 'uuid' });
const time = Type.String({
  pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$`,
  title: 'Time',
});
const timeOrNull = Type.Union([time, Type.Null()]);
const closed = { additionalProperties: false } as const;
const oneOf = (...names: readonly string[]) => Type.Union(names.map((name) => Type.Literal(name)));

/** What the answers of Gantry's own routes look like. */
export const labelSchemas = Type.Object(
  {
    label_schemas: Type.Record(Type.String(), Type.Object({}), {
      description: 'By COE: a JSON Schema of the labels of its clusters.',
    }),
  },
  { ...closed, title: 'LabelSchemas' },
);

export const labelSchema = Type.Object({}, { description: 'A JSON Schema.' });

export const conditions = Type.Object(
  {
    conditions: Type.Array(
      Type.Object(
        {
          type: text,
          status: oneOf('True', 'False', 'Unknown'),
          reason: text,
          message: text,
          since: time,
        },
        { ...closed, title: 'Condition' },
      ),
    ),
  },
  closed,
);

export const events = Type.Object(
  {
    events: Type.Array(
      Type.Object(
        {
          id: Type.Integer(),
          operation_uuid: Type.Union([uuid, Type.Null()]),
          level: oneOf('info', 'warning', 'error'),
          reason: text,
          message: text,
          created_at: timeOrNull,
        },
        { ...closed, title: 'Event' },
      ),
    ),
  },
  closed,
);

export const operations = Type.Object(
  {
    operations: Type.Array(
      Type.Object(
        {
          uuid,
          verb: text,
          state: oneOf('queued', 'running', 'done', 'failed', 'superseded'),
          step: { ...textOrNull, description: 'The first that is not finished.' },
          progress: Type.Integer({ minimum: 0, maximum: 100, description: 'Percent.' }),
          attempts: Type.Integer({ minimum: 0, description: 'How often the step was begun.' }),
          next_attempt_at: { ...timeOrNull, description: 'While it waits to try the step again.' },
          last_error: textOrNull,
          what_to_do: textOrNull,
          user_id: text,
          request_id: textOrNull,
          created_at: timeOrNull,
          updated_at: timeOrNull,
        },
        { ...closed, title: 'Operation' },
      ),
    ),
  },
  closed,
);

/** A stream of server-sent events, each an `Event` as above. */
export const eventStream = Type.String({ description: 'Server-sent events; the data of each is an Event.' });
