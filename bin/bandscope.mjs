#!/usr/bin/env node
// The command line. TypeScript runs through tsx, so nothing has to be compiled first.
import {register} from "tsx/esm/api";

// `npm run bandscope` starts in the project's root; a person's relative paths are meant from where they typed them.
if (process.env.npm_lifecycle_event === "bandscope" && process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);

// a reader that has seen enough, such as `| head`, ends us without a word, as it ends other programs
process.stdout.on("error", (error) => {
  if (error.code === "EPIPE") process.exit(141);
  throw error;
});

register();
const {main} = await import("../loaders/cli/main.ts");
process.exitCode = await main(process.argv.slice(2));
