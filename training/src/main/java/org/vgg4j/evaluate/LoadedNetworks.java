package org.vgg4j.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.vgg4j.base.InputException;
import org.vgg4j.network.Engine;
import org.vgg4j.network.Network;
import org.vgg4j.network.Parameters;
import org.vgg4j.weights.ModelFile;
import org.vgg4j.weights.Models;

/** Models that are loaded on one device, and let go together. */
public final class LoadedNetworks implements AutoCloseable {
  private final Engine engine;
  private final List<Network> open = new ArrayList<>();

  /**
   * @param engine stays the caller's
   */
  public LoadedNetworks(Engine engine) {
    this.engine = engine;
  }

  /**
   * Loads networks that find boxes.
   *
   * @param testScales Q as the option has it; null for each model's own
   * @throws InputException if a file is missing or broken, or finds no boxes, or there is not
   *     enough memory
   */
  public List<BoxFinder.Member> finders(List<Path> files, @Nullable String testScales) {
    List<BoxFinder.Member> members = new ArrayList<>();
    for (Path path : files) {
      String name = path.toString();
      members.add(load(name, Models.read(path).requireBoxes(name), testScales));
    }
    return members;
  }

  /**
   * Loads networks that classify.
   *
   * @throws InputException if a file is missing or broken, or does not classify, or there is not
   *     enough memory
   */
  public List<BoxFinder.Member> classifiers(List<Path> files) {
    List<BoxFinder.Member> members = new ArrayList<>();
    for (Path path : files) {
      String name = path.toString();
      members.add(load(name, Models.read(path).requireOneClass(name, "localisation"), null));
    }
    return members;
  }

  /** Loads a network that has been read. */
  BoxFinder.Member load(String name, ModelFile file, @Nullable String testScales) {
    Network network = engine.load(new Parameters(file.architecture(), file.arrays()));
    open.add(network);
    return new BoxFinder.Member(
        name,
        network,
        file.preprocessing(),
        file.classNames(),
        testScales == null
            ? List.of(file.preprocessing().scale())
            : TestScales.of(testScales, file.provenance(), file.preprocessing()));
  }

  @Override
  public void close() {
    open.forEach(Network::close);
  }
}
