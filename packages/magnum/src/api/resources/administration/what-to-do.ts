import type { Operation } from '../../../store/rows.ts';

/** What a user can do about an operation, where there is something to say: a sentence. */
export function whatToDo({ state, verb, last_error }: Operation): string | null {
  if (state === 'failed') return afterFailure[verb] ?? 'Mend what the error names and ask for it again.';
  if ((state === 'queued' || state === 'running') && last_error !== null) {
    return 'Nothing yet: it is tried again by itself. If it should not be, delete the cluster.';
  }
  if (state === 'superseded') return 'Nothing: a later operation took its place.';
  return null;
}

const afterFailure: Readonly<Record<string, string>> = {
  create: 'Mend what the error names, delete the cluster and create it again.',
  delete: 'Mend what the error names and delete the cluster again.',
  update: 'Mend what the error names and ask for the change again.',
  resize: 'Mend what the error names and resize again, to the old or the new number of nodes.',
  upgrade: 'Mend what the error names and upgrade again.',
  'rotate-ca': 'Mend what the error names and rotate the certificates again; the old ones are still in use.',
  'rotate-credential':
    'Mend what the error names and rotate the credential again; the old one is still in use.',
};
