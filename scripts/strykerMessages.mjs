/**
 * An ignore plugin for Stryker: leaves the words of error messages alone. Tests assert an error's code and the value it
 * names, not every word, so a mutant there says nothing about the tests.
 */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'messages', {
    shouldIgnore(path) {
      const call = path.parentPath;
      if (!call) return undefined;
      const name = call.node.callee?.name;
      if (call.isNewExpression() && name === 'FerError' && path.listKey === 'arguments' && path.key > 0) {
        return 'The words of an error message.';
      }
      if (call.isCallExpression() && name === 'checkOptions' && path.listKey === 'arguments' && path.key === 0) {
        return 'The name of a call, as its error message has it.';
      }
      return undefined;
    },
  }),
];
