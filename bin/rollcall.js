#!/usr/bin/env node
// The project runs from its TypeScript sources; this makes Node read them.
import { register } from 'tsx/esm/api';

register();
await import('../client/cli/main.ts');
