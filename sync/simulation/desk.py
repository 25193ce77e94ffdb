from agent.ledger import Mirror, MirrorPage, MirroredAccount, MirroredCard
from agent.till import Rights, return_everything
from sync.messages import *
class D:
    def __init__(s, ledger, rights, mirror, rules):
        s.l,s.r,s.m,s.rules=ledger,rights,mirror,rules
    async def standing(s):
        st=await s.r.standing()
        class S:
            generation=st.generation; exposure_points=st.exposure_points; floor_left=st.floor_left; clock="synchronised"
        return S
    async def welcome(s,e,n,g): return await s.r.welcome(e,n,g)
    async def contradicted(s,w): await s.r.contradicted(w)
    async def adopt_generation(s,g): await s.r.adopt_generation(g)
    async def grant(s,g): return await s.r.grant(g.epoch,g.account,g.granted_total,g.generation,g.soft_expiry)
    async def recall(s,g): return await s.r.recall(g.epoch,g.account,g.recall,g.keep,g.generation)
    async def allow(s,a): await s.r.allow(a.epoch,a.floor_total,a.generation)
    async def feed_from(s):
        g=await s.r.generation()
        return g, await s.m.ask_from(g)
    async def feed(s,page,items,*,since):
        acc=tuple(MirroredAccount(account=i.account,active=i.active,pending=i.pending,enrolled_on=i.enrolled_on,tier=i.tier,root=i.root,denied=i.denied,erased=i.erased,lots=tuple((l.earned_on,l.points) for l in i.lots)) for i in items if isinstance(i,AccountItem))
        cards=tuple(MirroredCard(token=i.token,account=i.account,state=i.state,replaced_by=i.replaced_by) for i in items if isinstance(i,CardItem))
        return await s.m.apply(MirrorPage(accounts=acc,cards=cards,cursor=page.cursor,generation=page.generation,since=since,more=page.more,asked=page.token is not None), return_everything)
