package org.vgg4j.network.cpu;

import java.util.Set;
import org.vgg4j.network.DropoutKeys;
import org.vgg4j.network.Parameters;

/**
 * A micro-batch in training, on its way through the stages.
 *
 * @param images number of images
 * @param share fraction of the whole batch that is in this micro-batch, by which it contributes to
 *     running statistics
 * @param frozen names of layers that do not learn; batch norms among them use their running
 *     statistics, and leave them as they are
 * @param dropout what the dropout masks depend on
 * @param parameters the network's weights
 * @param workspace memory that the stages use one after the other
 */
record TrainingPass(
    int images,
    float share,
    Set<String> frozen,
    DropoutKeys dropout,
    Parameters parameters,
    Workspace workspace) {
  /** The same pass for a group of the images. */
  TrainingPass ofGroup(int count) {
    return new TrainingPass(count, share, frozen, dropout, parameters, workspace);
  }

  /** Whether all of a stage's layers are frozen. */
  boolean isFrozen(TrainingStage stage) {
    return stage.parameters().stream().allMatch(shape -> frozen.contains(shape.layer()));
  }
}
