package org.vgg4j.cli;

import java.util.List;
import org.vgg4j.data.DataSplits;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;
import org.vgg4j.train.EpochMetrics;
import org.vgg4j.train.TrainingConfig;
import org.vgg4j.train.TrainingListener;

/** Several listeners, told in their order. */
record Listeners(List<TrainingListener> all) implements TrainingListener {
  static TrainingListener of(TrainingListener... all) {
    return new Listeners(List.of(all));
  }

  @Override
  public void started(
      TrainingConfig config, DataSplits data, Architecture architecture, MemoryPlan memory) {
    all.forEach(one -> one.started(config, data, architecture, memory));
  }

  @Override
  public void resumed(int epoch, int step) {
    all.forEach(one -> one.resumed(epoch, step));
  }

  @Override
  public void noted(String sentence) {
    all.forEach(one -> one.noted(sentence));
  }

  @Override
  public void explained(String sentence) {
    all.forEach(one -> one.explained(sentence));
  }

  @Override
  public void stepped(Progress progress) {
    all.forEach(one -> one.stepped(progress));
  }

  @Override
  public void epochEnded(EpochMetrics metrics, boolean best) {
    all.forEach(one -> one.epochEnded(metrics, best));
  }

  @Override
  public void warned(String sentence) {
    all.forEach(one -> one.warned(sentence));
  }
}
