/* The fleet's protocol. README.md says what it abstracts from, what was explored and how to run it. */
#include "bounds.pml"
#include "item.pml"
#include "group.pml"
#include "gitlab.pml"
#include "webhook.pml"
#include "agent.pml"
#include "properties.pml"

init {
  atomic {
    run Agent(0); run Agent(1); run Webhook(0);
    if :: W > 1 -> run Webhook(1) :: else fi;
    if :: W > 2 -> run Webhook(2) :: else fi;
    if :: W > 3 -> run Webhook(3) :: else fi
  }
}
