package org.vgg4j.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;

/** Whom the benchmarks may call. The rules of all other rooms are in the module cli. */
@AnalyzeClasses(packages = "org.vgg4j.bench", importOptions = DoNotIncludeTests.class)
class BenchArchitectureTest {

  @ArchTest
  static final ArchRule bench =
      noClasses()
          .that()
          .resideOutsideOfPackages("..bench.decode..", "..bench.svm..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.vgg4j",
              "org.vgg4j.cli..",
              "org.vgg4j.image..",
              "org.vgg4j.data..",
              "org.vgg4j.weights",
              "org.vgg4j.weights.format..",
              "org.vgg4j.weights.foreign..",
              "org.vgg4j.weights.tensor..",
              "org.vgg4j.views..",
              "org.vgg4j.evaluate..",
              "org.vgg4j.experiment..",
              "org.vgg4j.kernels.vector..",
              "org.vgg4j.kernels.scalar..")
          .because(
              "what is measured is kernels, networks and their training as they are, not files and"
                  + " images; peers read networks as weights.export writes them");

  @ArchTest
  static final ArchRule decode =
      noClasses()
          .that()
          .resideInAPackage("..bench.decode..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.vgg4j.cli..", "org.vgg4j.network..", "org.vgg4j.kernels..")
          .because("what is measured there is files and pictures, not networks");

  @ArchTest
  static final ArchRule svm =
      noClasses()
          .that()
          .resideInAPackage("..bench.svm..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.vgg4j.cli..", "org.vgg4j.network..", "org.vgg4j.kernels..", "org.vgg4j.image..")
          .because("what is measured there is classifiers of numbers, not networks");

  @ArchTest
  static final ArchRule aPeerIsSeenByItsOwnClassOnly =
      noClasses()
          .that()
          .haveNameNotMatching(".*\\.(LibtorchContender|OnnxRuntimeContender)(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.bytedeco..", "ai.onnxruntime..")
          .because("all others must run where a peer's library cannot be loaded");

  @ArchTest
  static final ArchRule everyPackageIsNullMarked =
      classes()
          .that()
          .resideOutsideOfPackage("..jmh_generated..")
          .should(liveInANullMarkedPackage())
          .because("NullAway checks marked packages only, so an unmarked one goes unchecked");

  private static ArchCondition<JavaClass> liveInANullMarkedPackage() {
    return new ArchCondition<>("live in a package whose package-info.java says @NullMarked") {
      @Override
      public void check(JavaClass javaClass, ConditionEvents events) {
        if (!javaClass.getPackage().isAnnotatedWith(NullMarked.class)) {
          events.add(
              SimpleConditionEvent.violated(
                  javaClass, javaClass.getName() + ": its package has no @NullMarked"));
        }
      }
    };
  }
}
