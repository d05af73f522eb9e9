/**
 * An ignore plugin for Stryker: doesn't mutate the text of error messages. Tests assert an error's code and the value
 * it names, not every word, so such mutants say nothing about the tests.
 */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'messages', {
    /** @param {any} path - A Babel path; Stryker's types name no member of it. */
    shouldIgnore(path) {
      const call = path.parentPath;
      const given = call?.node.arguments;
      const at = given ? given.indexOf(path.node) : -1;
      const name = call?.node.callee?.name;
      if (call?.isNewExpression() && name === 'FerError' && at > 0) return 'The text of an error message.';
      if (call?.isCallExpression() && name === 'checkOptions' && at === 0)
        return 'The name of a call, used in its messages.';
      return undefined;
    },
  }),
];
