import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createPool } from 'mysql2';

/**
 * As little as a Node server can do: the same SQL, the same bytes. What it has to do is in the file that it is started
 * with, a {@link FloorPlan}.
 */
export interface FloorPlan {
  readonly port: number;
  readonly database: string;
  /** By path; without a statement, nothing is asked of the database. */
  readonly answers: Readonly<Record<string, { readonly body: string; readonly statement?: Statement }>>;
}

export interface Statement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

const { port, database, answers }: FloorPlan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const pool = createPool({ uri: database, dateStrings: true, connectionLimit: 50 });

createServer((request, response) => {
  const { body = '', statement } = answers[request.url ?? ''] ?? {};
  const send = (): void => {
    const bytes = Buffer.from(body);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
    response.end(bytes);
  };
  if (!statement) return send();
  pool.execute(statement.text, statement.parameters as string[], (error) =>
    error ? response.destroy(error) : send(),
  );
}).listen(port, '127.0.0.1');
