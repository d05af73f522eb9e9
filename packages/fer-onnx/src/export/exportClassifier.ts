import { FerError, innerPart, type JsonObject, type SavedPart } from 'fer-core';
import type { GraphBuilder } from '../model/graphBuilder.js';
import type { BackboneExporter, Features } from './backbone.js';
import { calibrated } from './heads/calibrated.js';
import { ensemble } from './heads/ensemble.js';
import { nystroem, rbfSVM } from './heads/kernels.js';
import { linear, softmax } from './heads/linear.js';
import type { ExportHead, Scored } from './heads/scored.js';

/** The heads that take features, by the kinds under which fer-heads saves them. */
const HEADS: ReadonlyMap<string, ExportHead> = new Map([
  ['linear-l2-svm', linear],
  ['softmax', softmax],
  ['nystroem', nystroem],
  ['rbf-svm', rbfSVM],
]);

/**
 * Adds the nodes of a classifier, given as it would be saved.
 *
 * @param features - The input of a head; undefined for a classifier of images.
 * @throws FerError `UNSUPPORTED`, naming the kind, if it can't be translated.
 */
export async function exportClassifier(
  graph: GraphBuilder,
  part: SavedPart,
  backbones: BackboneExporter,
  features?: Features,
): Promise<Scored> {
  const { kind, config } = part;
  const inner = (member: SavedPart, given = features) => exportClassifier(graph, member, backbones, given);
  if (kind === 'pipe' && !features) {
    const below = await backbones.export(innerPart(part, config.backbone));
    return inner(innerPart(part, config.head, 'head'), below);
  }
  if (kind === 'calibrated') {
    return calibrated(graph, config, await inner(innerPart(part, config.classifier, 'classifier')));
  }
  if (kind === 'ensemble') {
    const members: Scored[] = [];
    for (const [m, member] of (config.members as readonly JsonObject[]).entries()) {
      members.push(await inner(innerPart(part, member, `member-${m + 1}`)));
    }
    return ensemble(graph, config, members);
  }
  const head = HEADS.get(kind);
  if (!head) {
    throw new FerError(
      'UNSUPPORTED',
      `a classifier of the kind "${kind}" can't be exported to ONNX: the heads of fer-heads can, and ensembles and ` +
        'calibrations of them.',
    );
  }
  if (!features) {
    throw new FerError(
      'UNSUPPORTED',
      `this is a head of the kind "${kind}" without a backbone: pipe a backbone into it first.`,
    );
  }
  return head(graph, part, features, inner);
}
