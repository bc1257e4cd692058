// The library asks for this before anything of its own runs.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';

export * from '@peculiar/x509';
