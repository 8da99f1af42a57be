package org.vgg4j.network.cpu;

import java.util.Set;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Parameters;

/**
 * A micro-batch in training, on its way through the stages.
 *
 * @param images number of images
 * @param share of the micro-batch in the whole batch: the step of running statistics is divided so
 * @param frozen names of layers that do not learn; batch norms among them use their running
 *     statistics, and leave them as they are
 * @param dropout what the dropout masks depend on
 * @param parameters the network's weights
 * @param workspace what stages use one after the other
 */
record TrainingPass(
    int images,
    float share,
    Set<String> frozen,
    DropoutKeys dropout,
    Parameters parameters,
    Workspace workspace) {
  /** The same for a group of the images. */
  TrainingPass ofGroup(int count) {
    return new TrainingPass(count, share, frozen, dropout, parameters, workspace);
  }

  /** Whether nothing of a stage learns. */
  boolean isFrozen(TrainingStage stage) {
    return stage.parameters().stream().allMatch(shape -> frozen.contains(shape.layer()));
  }
}
