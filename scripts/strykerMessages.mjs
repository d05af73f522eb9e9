/**
 * An ignore plugin for Stryker: leaves the words of error messages alone. Tests assert an error's code and the value it
 * names, not every word, so a mutant there says nothing about the tests.
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
      if (call?.isNewExpression() && name === 'FerError' && at > 0) return 'The words of an error message.';
      if (call?.isCallExpression() && name === 'checkOptions' && at === 0)
        return 'The name of a call, for its messages.';
      return undefined;
    },
  }),
];
