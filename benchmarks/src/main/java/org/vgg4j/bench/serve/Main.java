package org.vgg4j.bench.serve;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code benchmarks/serve}: asks a service for labels with many clients. */
@Command(name = "benchmarks/serve", sortOptions = false)
final class Main implements Callable<Integer> {
  @Option(names = "--port", required = true, description = "of the service")
  private int port;

  @Option(names = "--pid", description = "of the service's process, for its memory; 0: unknown")
  private long pid;

  @Option(names = "--clients")
  private int clients = 64;

  @Option(names = "--seconds")
  private int seconds = 600;

  @Option(names = "--images-per-second", description = "what vgg bench says; 0: unknown")
  private double bench;

  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    return new Load(port, pid, clients, seconds).run(bench, System.out);
  }
}
