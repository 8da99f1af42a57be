package org.vgg4j.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.vgg4j.base.Version;
import org.vgg4j.data.DataSplits;
import org.vgg4j.evaluate.Evaluation;
import org.vgg4j.model.ParameterShape;
import org.vgg4j.network.Learner;
import org.vgg4j.network.ParameterStore;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Provenance;

/** Where the training loop leaves models, checkpoints and metrics. */
interface RunOutput {
  /** Writes nothing: rank 0 does. */
  RunOutput NONE = new None();

  /** Writes the best model so far, with figures for its provenance. */
  void writeBest(ParameterStore weights, Map<String, Double> figures);

  /** Writes the model as it is now. */
  void writeLast(ParameterStore weights, Map<String, Double> figures);

  /** Writes all that a resumed run needs. */
  void writeCheckpoint(Learner learner, Snapshot snapshot);

  /** Writes all lines of metrics.csv. */
  void writeMetrics(List<String> lines);

  /** Adds the epoch's recall of each class to recall.csv, in place of what a line had for it. */
  void addRecall(EpochMetrics epoch);

  /** Overwrites the weights with those of the best model. */
  void readBest(ParameterStore weights);

  /** The output of a rank that follows. */
  record None() implements RunOutput {
    @Override
    public void writeBest(ParameterStore weights, Map<String, Double> figures) {}

    @Override
    public void writeLast(ParameterStore weights, Map<String, Double> figures) {}

    @Override
    public void writeCheckpoint(Learner learner, Snapshot snapshot) {}

    @Override
    public void writeMetrics(List<String> lines) {}

    @Override
    public void addRecall(EpochMetrics epoch) {}

    @Override
    public void readBest(ParameterStore weights) {}
  }

  /**
   * The run folder.
   *
   * @param begin what the run started with
   */
  record Folder(RunFolder folder, TrainingConfig config, DataSplits data, Snapshot begin)
      implements RunOutput {
    @Override
    public void writeBest(ParameterStore weights, Map<String, Double> figures) {
      model(weights, figures).write(folder.bestModel());
    }

    @Override
    public void writeLast(ParameterStore weights, Map<String, Double> figures) {
      model(weights, figures).write(folder.lastModel());
    }

    @Override
    public void writeCheckpoint(Learner learner, Snapshot snapshot) {
      Checkpoint.write(folder.checkpoint(), learner, config.sgd().average().isKept(), snapshot);
    }

    @Override
    public void writeMetrics(List<String> lines) {
      folder.writeMetrics(config.task(), lines);
    }

    @Override
    public void addRecall(EpochMetrics epoch) {
      if (epoch.validation() instanceof Evaluation evaluation) {
        RecallFile.add(folder.recall(), epoch.epoch(), evaluation);
      }
    }

    @Override
    public void readBest(ParameterStore weights) {
      StoredParameters.readModel(folder.bestModel(), weights);
    }

    private ModelFile model(ParameterStore weights, Map<String, Double> figures) {
      Map<String, float[]> arrays = new LinkedHashMap<>();
      for (ParameterShape shape : weights.architecture().parameters()) {
        arrays.put(shape.name(), weights.values(shape.name()));
      }
      Provenance provenance =
          new Provenance(
              config.provenanceOptions(begin.initSha256(), begin.classWeights()),
              data.name(),
              data.fingerprint(),
              Version.get(),
              figures);
      return new ModelFile(
          weights.architecture(),
          arrays,
          begin.preprocessing(),
          data.train().classNames(),
          provenance);
    }
  }
}
