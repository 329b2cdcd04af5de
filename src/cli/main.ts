/** `node src/cli/main.ts …`: the program straight from its sources. */
import { main } from './entry.ts';

await main('exit137');
