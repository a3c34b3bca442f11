import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../store/migrate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    databaseServer: string;
    databaseTemplate: string;
    temporalAddress: string;
  }
}
export default async function setup(project: TestProject) {
  const server = process.env['TEST_DATABASE_SERVER'] ?? 'postgres://postgres:dev@127.0.0.1:55432/postgres';
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query('drop database if exists rollcall_template');
  await client.query('create database rollcall_template');
  await client.end();
  const url = new URL(server);
  url.pathname = '/rollcall_template';
  await migrate(url.href);
  project.provide('databaseServer', server);
  project.provide('databaseTemplate', 'rollcall_template');
}
