package org.vgg4j.train;

import java.util.ArrayList;
import java.util.List;
import org.vgg4j.data.DataSplits;
import org.vgg4j.data.Dataset;
import org.vgg4j.model.Architecture;
import org.vgg4j.network.MemoryPlan;

/** Remembers what training told. */
class Recorder implements TrainingListener {
  final List<Progress> steps = new ArrayList<>();
  final List<EpochMetrics> epochs = new ArrayList<>();
  final List<Boolean> best = new ArrayList<>();
  final List<String> warnings = new ArrayList<>();
  final List<String> notes = new ArrayList<>();
  final List<String> surveyed = new ArrayList<>();
  final List<Integer> resumedAt = new ArrayList<>();
  TrainingConfig started;

  @Override
  public void surveyed(Dataset part, int done) {
    surveyed.add(part.name());
  }

  @Override
  public void started(
      TrainingConfig config, DataSplits data, Architecture architecture, MemoryPlan memory) {
    started = config;
  }

  @Override
  public void resumed(int epoch, int step) {
    resumedAt.add(step);
  }

  @Override
  public void noted(String sentence) {
    notes.add(sentence);
  }

  @Override
  public void stepped(Progress progress) {
    steps.add(progress);
  }

  @Override
  public void epochEnded(EpochMetrics metrics, boolean isBest) {
    epochs.add(metrics);
    best.add(isBest);
  }

  @Override
  public void warned(String sentence) {
    warnings.add(sentence);
  }
}
