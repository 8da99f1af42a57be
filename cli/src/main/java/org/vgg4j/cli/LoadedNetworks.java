package org.vgg4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.evaluate.BoxFinder;
import org.vgg4j.evaluate.TestScales;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/** Models that are loaded on one device, and let go together. */
final class LoadedNetworks implements AutoCloseable {
  private final Engine engine;
  private final List<Network> open = new ArrayList<>();

  LoadedNetworks(Engine engine) {
    this.engine = engine;
  }

  /**
   * Loads networks that find boxes.
   *
   * @param testScales Q as the option has it; null for each model's own
   */
  List<BoxFinder.Member> finders(List<Path> files, @Nullable String testScales) {
    return load(files, testScales, true);
  }

  /** Loads networks that classify. */
  List<BoxFinder.Member> classifiers(List<Path> files) {
    return load(files, null, false);
  }

  private List<BoxFinder.Member> load(
      List<Path> files, @Nullable String testScales, boolean boxes) {
    List<BoxFinder.Member> members = new ArrayList<>();
    for (Path path : files) {
      String name = path.toString();
      ModelFile read = Models.read(path);
      ModelFile file = boxes ? read.requireBoxes(name) : read.requireClassifier(name);
      Network network = engine.load(new Parameters(file.architecture(), file.arrays()));
      open.add(network);
      members.add(
          new BoxFinder.Member(
              name,
              network,
              file.preprocessing(),
              file.classNames(),
              testScales == null
                  ? List.of(file.preprocessing().scale())
                  : TestScales.of(testScales, file.provenance(), file.preprocessing())));
    }
    return members;
  }

  @Override
  public void close() {
    open.forEach(Network::close);
  }
}
