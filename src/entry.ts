// First: the version of Node.js, and then, before anything else is loaded, the handlers of signals.
import './cli/node-version.ts';
import './program.ts';

import { runPostStep, runStep } from './action/main.ts';
import { runCommandLine } from './cli/main.ts';
import { program } from './program.ts';

/** The one bundle holds the three programs, since they share nearly everything (docs/adr/0006). */
const PROGRAMS = { step: runStep, post: runPostStep, cli: runCommandLine };
void PROGRAMS[program]();
